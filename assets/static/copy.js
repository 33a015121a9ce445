// A button beside whatever is to be copied. Without this the words can be selected.
(() => {
  if (!navigator.clipboard) return;
  for (const words of document.querySelectorAll("[data-copy]")) {
    const text = words.textContent.trim();
    const name = words.closest("div")?.querySelector("dt")?.textContent ?? "";
    if (!text) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${name || text}`);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Select it by hand";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    words.after(button);
  }
})();
