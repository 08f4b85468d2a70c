"use strict";
(() => {
  const tiles = [...document.querySelectorAll(".tile")];
  const dialog = document.querySelector("dialog");
  if (!tiles.length || !dialog) return;
  document.documentElement.classList.add("scripted");
  const picture = dialog.querySelector(".stage img");
  const views = [...dialog.querySelectorAll("[data-view]")];
  const only = document.querySelector("#only-wrong");
  const search = document.querySelector("#search");
  const count = document.querySelector("#count");
  let current = 0;
  let view = "answer";

  const source = (tile, name) => (name === "image" ? tile.querySelector("img").src : tile.dataset[name]);
  const shown = () => tiles.filter((tile) => !tile.hidden);

  function show() {
    const tile = tiles[current];
    const offered = view in tile.dataset || view === "image" ? view : "image";
    for (const button of views) {
      button.hidden = button.dataset.view !== "image" && !(button.dataset.view in tile.dataset);
      button.setAttribute("aria-pressed", String(button.dataset.view === offered));
    }
    picture.src = source(tile, offered);
    dialog.querySelector(".name").textContent = tile.dataset.name;
    dialog.querySelector("#truth").textContent = tile.dataset.said;
    dialog.querySelector("#answer").textContent = tile.dataset.told;
    dialog.querySelector("#score").textContent = tile.dataset.score;
    dialog.querySelector("#verdict").textContent = tile.classList.contains("wrong") ? "wrong" : "right";
  }

  function step(by) {
    const list = shown();
    const at = list.indexOf(tiles[current]);
    current = tiles.indexOf(list[(at + by + list.length) % list.length]);
    show();
  }

  function filter() {
    const wanted = search.value.trim().toLowerCase();
    const wrong = only.getAttribute("aria-pressed") === "true";
    for (const tile of tiles) {
      const words = `${tile.dataset.name} ${tile.dataset.said} ${tile.dataset.told}`.toLowerCase();
      tile.hidden = (wrong && !tile.classList.contains("wrong")) || !words.includes(wanted);
    }
    count.textContent = `${shown().length} of ${tiles.length}`;
  }

  tiles.forEach((tile, index) => tile.addEventListener("click", () => { current = index; show(); dialog.showModal(); dialog.querySelector("[aria-pressed=true]").focus(); }));
  picture.addEventListener("load", () => picture.classList.toggle("crisp", picture.naturalWidth <= 160));
  views.forEach((button) => button.addEventListener("click", () => { view = button.dataset.view; show(); }));
  dialog.querySelector("#before").addEventListener("click", () => step(-1));
  dialog.querySelector("#after").addEventListener("click", () => step(1));
  dialog.querySelector("#close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => tiles[current].focus());
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    else if (event.key === "ArrowRight") step(1);
    else if (event.key >= "1" && event.key <= String(views.length)) {
      const button = views[Number(event.key) - 1];
      if (!button.hidden) { view = button.dataset.view; show(); }
    } else return;
    event.preventDefault();
  });
  only.addEventListener("click", () => {
    only.setAttribute("aria-pressed", String(only.getAttribute("aria-pressed") !== "true"));
    filter();
  });
  search.addEventListener("input", filter);
  filter();
})();
