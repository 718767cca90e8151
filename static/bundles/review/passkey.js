import"../shared-6TODTTDA.js";
import"../shared-SREGTT6V.js";
