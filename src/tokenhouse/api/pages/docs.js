"use strict";
(() => {
  const root = new URL("../..", document.currentScript.src).href.slice(0, -1);

  // The page may be reached by another name than the issuer's (localhost); what is tried out here
  // must go where the page came from, for nothing else may be connected to.
  const atHome = (spec) => {
    const issuer = spec.servers[0].url;
    spec.servers = [{ url: root }];
    for (const flow of Object.values(spec.components.securitySchemes.oauth2.flows)) {
      flow.tokenUrl = flow.tokenUrl.replace(issuer, root);
    }
    return spec;
  };

  // Swagger UI would fill in the word "string"; a parameter that is sent empty counts as absent.
  const leftEmpty = (spec) => {
    const { required, properties } = spec.components.schemas.TokenRequest;
    for (const name of Object.keys(properties).filter((one) => !required.includes(one))) {
      delete properties[name].const;
      properties[name].default = properties[name].type === "array" ? [] : "";
    }
    return spec;
  };

  // Without credentials of its own the browser asks for none when a 401 challenges it. An empty
  // client is what Swagger UI sends with a password when no client is filled in.
  const asSent = (request) => {
    request.credentials = "omit";
    if (request.headers?.Authorization === `Basic ${btoa(":")}`) {
      delete request.headers.Authorization;
    }
    return request;
  };

  fetch(`${root}/openapi.json`)
    .then((answer) => answer.json())
    .then((spec) => {
      SwaggerUIBundle({
        spec: leftEmpty(atHome(spec)),
        dom_id: "#page",
        deepLinking: true,
        defaultModelsExpandDepth: 0,
        validatorUrl: null,
        requestInterceptor: asSent,
      });
    });
})();
