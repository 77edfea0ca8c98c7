"use strict";
const rows = [...document.querySelectorAll("tbody")];
const texts = rows.map((row) => row.textContent.toLowerCase());
const field = document.getElementById("search");
const count = document.getElementById("count");

function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  rows.forEach((row, index) => {
    row.hidden = !words.every((word) => texts[index].includes(word));
    shown += row.hidden ? 0 : 1;
  });
  count.textContent = `${shown} of ${rows.length}`;
}

document.addEventListener("play", (event) => {
  for (const player of document.querySelectorAll("audio")) {
    if (player !== event.target) player.pause();
  }
}, true);
field.addEventListener("input", search);
search();
