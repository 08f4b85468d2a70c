export { Button, ButtonLink, Download, IconButton } from "./Button";
export { Dialog } from "./Dialog";
export { Checkbox, Field, NumberInput, Segmented, Select, Slider, TextInput } from "./Fields";
export { Menu, Square, type MenuEntry, type MenuItem } from "./Menu";
export { Badge, ClassName, Empty, ErrorNote, Key, Note, Panel, Progress, Skeleton, Tabs } from "./Pieces";
export { setTheme, tokenColour, useDark, useTheme, type Theme } from "./theme";
export { toast, toastError } from "./Toasts";
export { useJob } from "./useJob";
export * from "./words";
