// With a passkey, one touch signs the decision, or all chosen posts of the queue. What the portal gives nothing to sign for
// is sent without a signature, so that it answers why; a code approves only where somebody chooses it.
const UNSIGNED = JSON.stringify({ signed: false });
const form = document.querySelector("form[data-passkey]");
let asking = false;
if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) form?.addEventListener("submit", sign);

async function sign(event) {
  const { submitter } = event;
  if (submitter?.value === "return") return;
  if (submitter?.dataset.byCode !== undefined) {
    form.elements.assertion.value = "";
    return;
  }
  event.preventDefault();
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch(form.dataset.passkey, { method: "POST", body: new FormData(form) });
    form.elements.assertion.value = answer.ok ? await touch((await answer.json()).publicKey) : UNSIGNED;
    form.submit();
  } catch {
    document.getElementById("times")?.hidePopover(); // on a phone it covers the way out below
    const instead = form.querySelector("[data-no-passkey]");
    instead.hidden = false;
    instead.querySelector("button").focus();
  } finally {
    asking = false;
  }
}

async function touch(options) {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return JSON.stringify((await navigator.credentials.get({ publicKey })).toJSON());
}
