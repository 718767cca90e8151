import{i as o}from"../shared-SREGTT6V.js";
o(document.getElementById("findings-body"));
