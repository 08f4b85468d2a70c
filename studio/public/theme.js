// Before the first paint, so that nobody who chose the dark theme sees a white flash.
(function () {
  try {
    var chosen = localStorage.getItem("sightmill.theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // A browser without storage follows the system.
  }
})();
