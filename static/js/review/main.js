// A review: the previews, the times to choose, a moment to read before approving, the signature, and the reason for a return.
import "./cards.js";
import "./decision.js";
import "./passkey.js";
import "./undo.js";
import "./return.js";
