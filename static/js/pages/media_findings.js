// The page of what was found in a picture or video.
import { watchBoxes } from "../lib/boxes.js";

watchBoxes(document.getElementById("findings-body"));
