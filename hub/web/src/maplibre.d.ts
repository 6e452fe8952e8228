// MapLibre's build for pages whose policy forbids scripts from anywhere but their own origin, and its worker's address.

declare module "maplibre-gl/dist/maplibre-gl-csp.js" {
  import * as maplibregl from "maplibre-gl";
  export default maplibregl;
}

declare module "maplibre-gl/dist/maplibre-gl-csp-worker.js?url" {
  const address: string;
  export default address;
}
