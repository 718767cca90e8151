import"../shared-36QMZMKJ.js";
document.addEventListener("DOMContentLoaded",()=>{let e=document.querySelector("a[data-follow]");e&&location.replace(e.href)});
