# Debian's zypper with the packages of the dnf base.
FROM dfbot/system
RUN apt-get update && apt-get install -y --no-install-recommends zypper rpm && rm -rf /var/lib/apt/lists/*
COPY --from=dfbot/packages /opt/debian /opt/debian
COPY --from=dfbot/packages /etc/apt/sources.list /etc/apt/sources.list
COPY --from=dfbot/fedora /opt/repository /opt/repository
RUN zypper --non-interactive addrepo --no-gpgcheck file:///opt/repository local
CMD ["bash"]
