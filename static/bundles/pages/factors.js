import"../shared-I32ZF2NU.js";
document.addEventListener("allauth.error",e=>{let t=document.getElementById("passkey-trouble");t&&(e.preventDefault(),t.hidden=!1)});document.addEventListener("click",e=>{e.target.closest("[data-print]")&&print()});
