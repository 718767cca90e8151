// A free slot fills in the form of the schedule in place; without this module its link does the same by loading the page again.
import { fillOnClick } from "../lib/time_chips.js";

fillOnClick(document);
