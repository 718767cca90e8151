import"../shared-6TODTTDA.js";
import"../shared-36QMZMKJ.js";
