import"../shared-6TODTTDA.js";
import"../shared-QAJFSBZ2.js";
