# Debian with an archive on the disk.
FROM dfbot/system
COPY --from=dfbot/packages /opt/debian /opt/debian
COPY --from=dfbot/packages /etc/apt/sources.list /etc/apt/sources.list
