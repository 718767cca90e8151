import{n as e,o as s}from"../shared-I32ZF2NU.js";
function f(c){c.addEventListener("click",t=>{let l=t.target.closest("a[data-fill]");if(!l||t.ctrlKey||t.metaKey||t.shiftKey)return;let o=Object.entries(JSON.parse(l.dataset.fill));if(!o.some(([i])=>!e(i)[0])){t.preventDefault();for(let[i,n]of o){s(i,n);let r=e(i)[0].closest("details");r&&(r.open=!0)}e(o[0][0])[0].focus()}})}f(document);
