export { SchemaForm } from "./SchemaForm";
export { problems, valueOf, withValue, withValues, type Values } from "./values";
