// A whole folder can be chosen where the browser knows how. Without this, a ZIP or its files are.
(() => {
  const input = document.querySelector("[data-files]");
  const choice = document.querySelector("[data-folder-choice]");
  if (!input || !choice || !("webkitdirectory" in input)) return;
  choice.hidden = false;
  choice.querySelector("input").addEventListener("change", (event) => {
    input.webkitdirectory = event.target.checked;
    input.value = "";
  });
})();
