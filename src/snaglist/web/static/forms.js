// Forms: what of them is shown and sent, what is typed into them, and what is ticked.

export function isTyped(field) {
  if (field.matches("select")) return [...field.options].some((one) => one.selected !== one.defaultSelected && one.value);
  return field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

// A field that only one choice has is shown, and sent, with that choice.
export function showWhatFits() {
  const chosen = document.querySelector("[name=edit_and_reason]")?.value;
  for (const field of document.querySelectorAll("[data-needs]")) {
    field.disabled = field.dataset.needs !== chosen;
    field.closest("label").hidden = field.disabled;
  }
}

export function countTicks() {
  const output = document.querySelector("[data-ticked]");
  const number = document.querySelectorAll("[data-tick]:checked").length;
  if (output) output.textContent = output.dataset.ticked.replace("#", number.toLocaleString());
  const all = document.querySelector("[data-tick-all]");
  if (all) all.checked = number > 0 && number === document.querySelectorAll("[data-tick]").length;
  document.querySelector(".bulk")?.classList.toggle("none", !number && !document.querySelector("[name=every]:checked"));
}

export function setUpForms() {
  // By keys a choice is made step by step, and sent by the button; by hand it is sent at once.
  let isByKeys = false;
  let sent = new WeakSet();
  document.addEventListener("keydown", (event) => { isByKeys = event.target.matches?.("select") ?? false; });
  document.addEventListener("pointerdown", () => { isByKeys = false; });
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    if (sent.has(event.target)) event.preventDefault();
    sent.add(event.target);
  });
  window.addEventListener("pageshow", () => { sent = new WeakSet(); showWhatFits(); });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-tick-all]")) {
      for (const box of document.querySelectorAll("[data-tick]")) box.checked = event.target.checked;
    }
    if (event.target.matches("[data-tick], [data-tick-all], [name=every]")) countTicks();
    if (event.target.matches("[name=edit_and_reason]")) showWhatFits();
    if (event.target.matches("[data-sends]") && !isByKeys) event.target.form.requestSubmit();
  });
  // What asks for nothing is left out of the address.
  document.addEventListener("formdata", (event) => {
    if (event.target.method !== "get") return;
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copies]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = button.dataset.done;
    } catch {
      getSelection().selectAllChildren(source);
    }
  });
}
