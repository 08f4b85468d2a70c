/**
 * A select box that was used with the mouse gives the focus back once something is chosen: letters are keys of the view
 * then, and not of the box. One that was reached with the keyboard keeps it, as the arrow keys go on choosing there.
 *
 * @returns what ends it.
 */
export function releaseSelects(page: Document): () => void {
  let pressed: EventTarget | null = null;
  const press = (event: Event) => {
    pressed = event.target;
  };
  const forget = () => {
    pressed = null;
  };
  const chosen = (event: Event) => {
    if (event.target instanceof HTMLSelectElement && event.target === pressed) event.target.blur();
  };
  page.addEventListener("pointerdown", press, true);
  page.addEventListener("keydown", forget, true);
  page.addEventListener("change", chosen, true);
  return () => {
    page.removeEventListener("pointerdown", press, true);
    page.removeEventListener("keydown", forget, true);
    page.removeEventListener("change", chosen, true);
  };
}
