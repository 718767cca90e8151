import"../shared-I32ZF2NU.js";
document.addEventListener("DOMContentLoaded",()=>{let e=document.querySelector("a[data-follow]");e&&location.replace(e.href)});
