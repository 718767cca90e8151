import{i as o}from"../shared-I32ZF2NU.js";
o(document.getElementById("findings-body"));
