// With a passkey, one touch signs the decision, or all chosen posts of the queue. Where that cannot be, the form is sent
// as it is and a code is asked for.
const form = document.querySelector("form[data-passkey]");
let asking = false;
if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) form?.addEventListener("submit", sign);

async function sign(event) {
  const { submitter } = event;
  if (submitter?.value === "return" || submitter?.dataset.byCode !== undefined) return;
  event.preventDefault();
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch(form.dataset.passkey, { method: "POST", body: new FormData(form) });
    if (answer.ok) {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON((await answer.json()).publicKey);
      const signed = await navigator.credentials.get({ publicKey });
      form.elements.assertion.value = JSON.stringify(signed.toJSON());
    }
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
