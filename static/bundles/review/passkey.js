import"../shared-6TODTTDA.js";
import"../shared-HSH4YPXT.js";
