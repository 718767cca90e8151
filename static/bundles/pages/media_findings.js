import{i as o}from"../shared-HSH4YPXT.js";
o(document.getElementById("findings-body"));
