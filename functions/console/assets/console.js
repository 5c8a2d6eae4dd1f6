// What the pages do beside working: everything but copying works without this file.
"use strict";

document.documentElement.classList.add("scripted");

const form = document.querySelector("form.credential");
const boxes = (name) => form.querySelectorAll(`input[name="${name}"]`);

// Choosing an integration ticks what it recommends.
form?.querySelector("#integration").addEventListener("change", (event) => {
  const chosen = event.target.selectedOptions[0].dataset;
  for (const [name, words] of [["scopes[]", chosen.scopes], ["readable_attributes[]", chosen.attributes]]) {
    if (words === undefined) continue;
    const wanted = new Set(words.split(" "));
    for (const box of boxes(name)) box.checked = wanted.has(box.value);
  }
});

for (const button of document.querySelectorAll("[data-select]")) {
  button.addEventListener("click", () => {
    const all = button.dataset.select === "all";
    for (const box of form.querySelectorAll(".groups input[type=checkbox]")) box.checked = all;
  });
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const word = button.firstElementChild;
  const text = word.textContent;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Without TLS there is no clipboard; the field is selected, so that the keyboard can copy it.
      if (!document.execCommand("copy")) return;
    }
    word.textContent = button.dataset.copied;
    document.getElementById("copied").textContent = button.dataset.copied;
    setTimeout(() => { word.textContent = text; }, 2000);
  });
}

// The secret is shown once: loading this page again shows the credential without it.
const address = document.querySelector("[data-address]")?.dataset.address;
if (address) history.replaceState(null, "", address);

// Focus stays in the panel, and Escape closes it.
const panel = document.querySelector(".panel");
if (panel) {
  if (!panel.contains(document.activeElement)) {
    (panel.querySelector("[autofocus]") ?? document.getElementById("panel-title")).focus();
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") panel.querySelector(".close").click();
  });
}
