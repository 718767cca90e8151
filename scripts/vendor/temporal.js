// Temporal for browsers without it (Chrome before 144, Safari), as window.Temporal.
import "temporal-polyfill/global";
