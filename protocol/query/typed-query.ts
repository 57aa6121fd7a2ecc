/** The text of a GraphQL operation that knows its variables and its answer; the two fields exist for the compiler only. */
export type TypedQuery<Answer, Variables> = string & {
  readonly __answer?: (variables: Variables) => Answer;
};
