// The product map: what is ticked decides what can be done with it. The page works without this.
(() => {
  const form = document.getElementById("bulk");
  const bar = form && form.querySelector(".bulk-bar");
  if (!bar) return;
  const count = bar.querySelector(".bulk-count");
  const tickAll = form.querySelector(".tick-all");
  const boxes = [...form.querySelectorAll("[name=product]")];
  const tell = () => {
    const some = boxes.filter((box) => box.checked).length;
    bar.classList.toggle("is-idle", !some);
    count.textContent = some === 1 ? "1 row" : `${some} rows`;
    tickAll.checked = some > 0 && some === boxes.length;
    tickAll.indeterminate = some > 0 && some < boxes.length;
    for (const box of boxes) box.closest(".map-row").classList.toggle("is-ticked", box.checked);
  };
  tickAll.hidden = false;
  tickAll.addEventListener("change", () => {
    for (const box of boxes) box.checked = tickAll.checked;
    tell();
  });
  let last = null;
  form.addEventListener("click", (event) => {
    const at = boxes.indexOf(event.target);
    if (at < 0) return;
    if (event.shiftKey && last !== null) {
      for (const box of boxes.slice(Math.min(at, last), Math.max(at, last) + 1)) box.checked = boxes[at].checked;
    }
    last = at;
    tell();
  });
  form.addEventListener("change", tell);
  window.addEventListener("pageshow", tell);
  tell();
})();
