import{i as o}from"../shared-36QMZMKJ.js";
o(document.getElementById("findings-body"));
