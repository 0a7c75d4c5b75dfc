// SPDX-License-Identifier: GPL-2.0-only
// A picture that is wider than its box begins with its first function in view, not with an empty corner.
(() => {
  const begin = (object) => {
    const box = object.parentElement;
    const first = object.contentDocument?.querySelector("g.node a, g.node polygon");
    if (!first || box.scrollWidth <= box.clientWidth) return;
    const { left, width } = first.getBoundingClientRect();
    box.scrollLeft = left + width / 2 - box.clientWidth / 2;
  };
  for (const object of document.querySelectorAll(".vk-picture object")) {
    object.addEventListener("load", () => begin(object));
    begin(object);
  }
})();
