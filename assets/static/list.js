// The order list: ticking, keys, and rows that keep up with the shop. The list works without this.
(() => {
  const table = document.querySelector(".orders");
  if (!table) return;
  const form = document.getElementById("bulk");
  const bar = form.querySelector(".bulk-bar");
  const count = bar.querySelector(".bulk-count");
  const tickAll = table.querySelector(".tick-all");
  const all = bar.querySelector("[name=all]");
  const rows = () => [...table.querySelectorAll(".order-row")];
  const tick = (row) => row.querySelector("[name=order]");
  const ticked = () => rows().filter((row) => tick(row).checked);

  // What is ticked decides what can be done with it.
  const tell = () => {
    const some = ticked().length;
    const isAll = all && all.checked;
    bar.classList.toggle("is-idle", !some && !isAll);
    count.textContent = isAll ? "All orders of this view" : some === 1 ? "1 order" : `${some} orders`;
    tickAll.checked = some > 0 && some === rows().length;
    tickAll.indeterminate = some > 0 && some < rows().length;
    for (const row of rows()) row.classList.toggle("is-ticked", tick(row).checked);
  };
  tickAll.hidden = false;
  tickAll.addEventListener("change", () => {
    for (const row of rows()) tick(row).checked = tickAll.checked;
    tell();
  });
  let last = null;
  table.addEventListener("click", (event) => {
    const box = event.target.closest("[name=order]");
    if (!box) return;
    const list = rows();
    const at = list.findIndex((row) => tick(row) === box);
    if (event.shiftKey && last !== null) {
      const [from, to] = [Math.min(at, last), Math.max(at, last)];
      for (const row of list.slice(from, to + 1)) tick(row).checked = box.checked;
    }
    last = at;
    tell();
  });
  form.addEventListener("change", tell);
  window.addEventListener("pageshow", tell);
  tell();

  // One row is the current one; the keys move it.
  let here = -1;
  const go = (to) => {
    const list = rows();
    if (!list.length) return;
    here = Math.max(0, Math.min(list.length - 1, to));
    list[here].querySelector(".row-link").focus({ preventScroll: true });
    list[here].scrollIntoView({ block: "nearest" });
  };
  const current = () => rows().findIndex((row) => row.contains(document.activeElement));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select, dialog")) return;
    const at = current();
    if (at >= 0) here = at;
    if (event.key === "j") go(here + 1);
    else if (event.key === "k") go(here - 1);
    else if (event.key === "x" && here >= 0 && rows()[here]) { tick(rows()[here]).click(); go(here); }
    else return;
    event.preventDefault();
  });

  // Rows change in place; none moves under the pointer, and new ones wait behind a bar.
  let newest = table.dataset.newest;
  const fresh = document.createElement("button");
  fresh.type = "button";
  fresh.className = "fresh";
  fresh.setAttribute("role", "status");
  fresh.addEventListener("click", () => location.reload());
  const look = async () => {
    if (document.hidden) return;
    const answer = await fetch(document.body.dataset.changes, { redirect: "error" });
    if (!answer.ok) return;
    const now = await answer.text();
    if (now === newest) return;
    const page = await fetch(location.href, { redirect: "error" });
    if (!page.ok) return;
    newest = now;
    const other = new DOMParser().parseFromString(await page.text(), "text/html");
    const theirs = new Map([...other.querySelectorAll(".order-row")].map((row) => [row.dataset.order, row]));
    const mine = new Set();
    for (const row of rows()) {
      mine.add(row.dataset.order);
      const their = theirs.get(row.dataset.order);
      row.classList.toggle("is-gone", !their);
      if (!their || row.contains(document.activeElement)) continue;
      for (const cell of [".thumb", ".state", ".provider-cell", ".who", ".what"]) {
        const [a, b] = [row.querySelector(cell), their.querySelector(cell)];
        if (a.innerHTML !== b.innerHTML) a.replaceChildren(...b.cloneNode(true).childNodes);
      }
      const tone = [...their.classList].find((name) => name.startsWith("tone-"));
      row.className = row.className.replace(/tone-\w+/, tone);
    }
    const added = [...theirs.keys()].filter((id) => !mine.has(id)).length;
    const gone = rows().filter((row) => row.classList.contains("is-gone")).length;
    const words = [];
    if (added) words.push(added === 1 ? "1 new order" : `${added} new orders`);
    if (gone) words.push(gone === 1 ? "1 moved on" : `${gone} moved on`);
    fresh.textContent = words.join(", ") + ". Show";
    if (words.length) form.before(fresh); else fresh.remove();
    const tabs = other.querySelectorAll(".tabs b");
    document.querySelectorAll(".tabs b").forEach((one, nth) => { if (tabs[nth]) one.textContent = tabs[nth].textContent; });
    const badges = other.querySelector(".top nav");
    if (badges) document.querySelector(".top nav").replaceChildren(...badges.cloneNode(true).childNodes);
    document.dispatchEvent(new Event("woodblock:rows"));
  };
  setInterval(() => look().catch(() => {}), 10000);
})();
