// SPDX-License-Identifier: GPL-2.0-only
// Paper has nothing to press: folds are open while a page is printed, and as they were before after that.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const fold of folded) fold.open = true;
});
addEventListener("afterprint", () => {
  for (const fold of folded) fold.open = false;
});
