import{i as o}from"../shared-QAJFSBZ2.js";
o(document.getElementById("findings-body"));
