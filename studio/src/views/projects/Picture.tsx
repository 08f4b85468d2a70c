import css from "./Projects.module.css";

/** Small drawings for the chooser's answers. */
const DRAWINGS: Record<string, React.ReactNode> = {
  good: (
    <>
      <Part x={30} /> <Part x={82} />
      <path d="M76 34l8 8 5-3" className={css.mark} />
      <circle cx={82} cy={38} r={13} className={css.glow} />
      <path d="M24 76l5 5 9-10" className={css.yes} />
      <path d="M77 71l10 10m0-10l-10 10" className={css.no} />
    </>
  ),
  kind: (
    <>
      <rect x={12} y={26} width={22} height={22} rx={3} className={css.shape} />
      <circle cx={56} cy={37} r={12} className={css.shape} />
      <path d="M88 49l-12 0 12-23 12 23z" className={css.shape} />
      <text x={23} y={76}>A</text> <text x={56} y={76}>B</text> <text x={88} y={76}>C</text>
    </>
  ),
  kinds: (
    <>
      <rect x={26} y={20} width={60} height={38} rx={4} className={css.shape} />
      <circle cx={44} cy={39} r={9} className={css.soft} /> <rect x={60} y={31} width={16} height={16} className={css.soft} />
      <text x={44} y={78}>A</text> <text x={68} y={78}>B</text>
    </>
  ),
  where: (
    <>
      <circle cx={36} cy={36} r={11} className={css.soft} /> <circle cx={74} cy={58} r={13} className={css.soft} />
      <rect x={21} y={21} width={30} height={30} className={css.frame} /> <rect x={57} y={41} width={34} height={34} className={css.frame} />
    </>
  ),
  area: (
    <>
      <rect x={18} y={18} width={76} height={58} rx={4} className={css.shape} />
      <path d="M30 62c10-22 18 6 28-14s16-10 26-18l0 10c-10 6-16 2-24 18s-18 2-26 12z" className={css.glow} />
    </>
  ),
  text: (
    <>
      <rect x={16} y={30} width={80} height={34} rx={3} className={css.frame} />
      <text x={56} y={53} className={css.read}>L24-7</text>
    </>
  ),
  few: (
    <>
      {[18, 42, 66, 90].map((x) => (
        <g key={x}>
          <rect x={x - 9} y={22} width={18} height={18} rx={3} className={css.shape} />
          <rect x={x - 9} y={48} width={18} height={18} rx={3} className={x === 90 ? css.glow : css.shape} />
        </g>
      ))}
    </>
  ),
  many: (
    <>
      {[18, 42, 66, 90].map((x, i) => (
        <g key={x}>
          <rect x={x - 9} y={22} width={18} height={18} rx={3} className={i < 2 ? css.shape : css.glow} />
          <rect x={x - 9} y={48} width={18} height={18} rx={3} className={i < 1 ? css.shape : css.soft} />
        </g>
      ))}
    </>
  ),
};

function Part({ x }: { x: number }) {
  return (
    <>
      <circle cx={x} cy={38} r={20} className={css.shape} />
      <circle cx={x} cy={38} r={7} className={css.hole} />
    </>
  );
}

export function Picture({ of }: { of: string }) {
  return (
    <svg className={css.picture} viewBox="0 0 112 92" aria-hidden>
      {DRAWINGS[of]}
    </svg>
  );
}
