# Debian's Node.js with npm, Yarn, pnpm and Corepack from the npm registry.
FROM dfbot/system
RUN apt-get update && apt-get install -y --no-install-recommends nodejs && rm -rf /var/lib/apt/lists/*
COPY --from=dfbot/packages /opt/debian /opt/debian
COPY --from=dfbot/packages /etc/apt/sources.list /etc/apt/sources.list
COPY --from=machine npm/node_modules /usr/local/lib/node_modules
RUN cd /usr/local/bin && for program in npm/bin/npm-cli.js npm/bin/npx-cli.js yarn/bin/yarn.js pnpm/bin/pnpm.cjs \
      corepack/dist/corepack.js; do \
      name=$(basename $program | sed 's/[-.].*//') && ln -s ../lib/node_modules/$program $name && chmod +x $name; \
    done && rm -rf ../lib/node_modules/.bin ../lib/node_modules/.package-lock.json
COPY --chmod=755 <<'entrypoint' /usr/local/bin/docker-entrypoint.sh
#!/bin/sh
set -e
if [ "${1#-}" != "${1}" ] || [ -z "$(command -v "${1}")" ] || { [ -f "${1}" ] && ! [ -x "${1}" ]; }; then
  set -- node "$@"
fi
exec "$@"
entrypoint
RUN ln -s /usr/bin/node /usr/local/bin/node && useradd --uid 1000 --create-home --shell /bin/bash node
ENV NODE_VERSION=18.20.4 NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt NPM_CONFIG_UPDATE_NOTIFIER=false
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["node"]
