import"../shared-6TODTTDA.js";
import"../shared-I32ZF2NU.js";
