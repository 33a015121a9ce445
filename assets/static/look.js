// A short look at an order without leaving the list, and keys that do something to one order. The list
// works without this: the look is a page, and everything it offers stands on the order's own page.
(() => {
  const box = document.querySelector("dialog.look");
  const table = document.querySelector(".orders");
  if (!box || !table) return;
  const body = box.querySelector(".look-body");
  const rows = () => [...table.querySelectorAll(".order-row:not(.is-gone)")];
  const link = (row) => row.querySelector(".row-link");
  let shown = null;
  let asked = 0;

  const load = async (row) => {
    shown = row;
    const mine = ++asked;
    body.setAttribute("aria-busy", "true");
    for (const one of rows()) one.classList.toggle("is-looked-at", one === row);
    row.scrollIntoView({ block: "nearest" });
    const list = rows();
    box.querySelector("[data-look='-1']").disabled = list[0] === row;
    box.querySelector("[data-look='1']").disabled = list[list.length - 1] === row;
    try {
      const answer = await fetch(`${row.querySelector(".look-link").href}?part=1`, { redirect: "error" });
      if (!answer.ok) throw new Error(answer.status);
      const text = await answer.text();
      if (mine !== asked) return;
      body.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
      body.scrollTop = 0;
      document.dispatchEvent(new Event("woodblock:rows"));
    } catch {
      if (mine === asked) body.textContent = "The order cannot be read just now. Open it instead.";
    } finally {
      if (mine === asked) body.removeAttribute("aria-busy");
    }
  };
  const open = (row) => { if (!box.open) { body.replaceChildren(); box.showModal(); } load(row); };
  const step = (by) => {
    const list = rows();
    const next = list[list.indexOf(shown) + by];
    if (next) load(next);
  };
  // The keyboard goes back to the row that was looked at last.
  box.addEventListener("close", () => {
    asked += 1;
    for (const one of rows()) one.classList.remove("is-looked-at");
    const at = document.activeElement;
    if (shown && (at === document.body || table.contains(at))) link(shown).focus({ preventScroll: true });
  });
  box.addEventListener("click", (event) => {
    const press = event.target.closest("[data-look]");
    if (event.target === box || (press && press.dataset.look === "0")) box.close();
    else if (press) step(Number(press.dataset.look));
  });
  table.addEventListener("click", (event) => {
    const eye = event.target.closest(".look-link");
    if (!eye || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(eye.closest(".order-row"));
  });
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const hasKeys = document.body.dataset.keys === "on";
    if (event.key === "ArrowDown" || (hasKeys && event.key === "j")) step(1);
    else if (event.key === "ArrowUp" || (hasKeys && event.key === "k")) step(-1);
    else if (event.key === " " && !event.target.closest("a, button, summary")) box.close();
    else return;
    event.preventDefault();
  });

  // What a key does to the current row is the same form that the bar sends for many.
  const form = document.querySelector("form.one-order");
  const send = (row, act, isAsked) => {
    form.act.value = act;
    form.order.value = form.orders.value = row.dataset.order;
    form.action = isAsked ? form.dataset.ask : form.dataset.do;
    form.submit();
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const row = event.target.closest && event.target.closest(".order-row");
    if (!row) return;
    const isOnLink = event.target.closest(".row-link");
    if (event.key === " " && isOnLink) { event.preventDefault(); open(row); return; }
    if (document.body.dataset.keys !== "on" || event.repeat) return;
    if (event.key === "e") {
      if (row.dataset.edit) location.href = row.dataset.edit;
      else document.dispatchEvent(new CustomEvent("woodblock:say", { detail: "Nothing of this order can be edited any more." }));
    } else if (event.key === "s" && form) send(row, "send-now", true);
    else if (event.key === "h" && form) send(row, "pause", false);
    else return;
    event.preventDefault();
  });
})();
