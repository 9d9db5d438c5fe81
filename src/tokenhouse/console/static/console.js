"use strict";
// All pages work without this; it copies, counts down, and shows nothing old after a sign-out.

const said = document.getElementById("said");

for (const button of document.querySelectorAll("button[data-copy]")) {
  if (!navigator.clipboard) break; // plain http from elsewhere: select and copy by hand
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy).textContent;
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = button.textContent = "Copied";
    } catch {
      said.textContent = "Your browser does not let this page copy. Select the text instead.";
    }
    setTimeout(() => { button.textContent = "Copy"; said.textContent = ""; }, 3000);
  });
}

for (const bar of document.querySelectorAll("progress[data-ends]")) {
  setInterval(() => { bar.value = Math.max(0, bar.dataset.ends - Date.now() / 1000); }, 1000);
}

window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // kept by the browser: ask again whether it may be seen
});
