# The server with what it needs and nothing to build: Node runs the sources as they are.
FROM node:24.21.0-bookworm-slim AS dependencies
WORKDIR /opt/messenger
COPY package.json package-lock.json .npmrc ./
COPY packages/messenger/package.json packages/messenger/
COPY packages/protocol/package.json packages/protocol/
COPY apps/server/package.json apps/server/
COPY bench/package.json bench/
# The image has Node already: the Node package from npm is left out.
RUN npm ci --omit=dev --omit=optional --ignore-scripts

FROM node:24.21.0-bookworm-slim
WORKDIR /opt/messenger
COPY --from=dependencies /opt/messenger/node_modules node_modules
COPY package.json LICENSE ./
COPY packages/messenger packages/messenger
COPY packages/protocol packages/protocol
COPY apps/server apps/server
RUN mkdir -p /var/lib/messenger && chown node:node /var/lib/messenger
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=4000 \
    DATABASE_URL=file:/var/lib/messenger/messenger.db
VOLUME /var/lib/messenger
USER node
EXPOSE 4000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=16", "apps/server/bin/messenger.js"]
CMD ["serve"]
