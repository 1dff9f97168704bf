/** How a person is asked for an authorization, while somebody waits for it. */
export interface Authorizer {
  /** Where the authorization server sends the person back to. */
  readonly redirectUrl: string
  /** Shows the person a page, and gives what they came back with. */
  authorize(url: URL, about: { server: string; signal: AbortSignal }): Promise<URLSearchParams>
}
