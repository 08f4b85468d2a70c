import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "react-router";

import { keys, Refusal } from "@/api";
import { toastError } from "@/components";
import { Tips } from "@/components/Tips";
import { Toasts } from "@/components/Toasts";

import { Door } from "./Door";
import { router } from "./router";

const signedOut = (reason: unknown) => {
  if (reason instanceof Refusal && reason.status === 401) void cache.invalidateQueries({ queryKey: keys.session });
};

const cache: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: signedOut }),
  mutationCache: new MutationCache({
    onError: (reason, _variables, _context, mutation) => {
      signedOut(reason);
      // A change that says nothing of its own about its failure says it here.
      if (!mutation.options.onError) toastError(reason);
    },
  }),
  defaultOptions: {
    queries: {
      // Events say when an answer is stale; coming back to the window does not.
      staleTime: 60_000,
      refetchOnWindowFocus: false,
      retry: (times, reason) => times < 2 && !(reason instanceof Refusal && reason.status >= 400 && reason.status < 500),
    },
  },
});

export function App() {
  return (
    <QueryClientProvider client={cache}>
      <Door>
        <RouterProvider router={router} />
      </Door>
      <Toasts />
      <Tips />
    </QueryClientProvider>
  );
}
