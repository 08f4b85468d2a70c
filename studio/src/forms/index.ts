export { SchemaForm } from "./SchemaForm";
export { problems, valueOf, withValue, type Values } from "./values";
