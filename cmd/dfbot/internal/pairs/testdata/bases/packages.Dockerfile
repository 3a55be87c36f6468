# Debian's packages that the cases install, with all that they need, as an archive on the disk: it answers at once, and
# in the same way each time. They are fetched before the tools that list them, or what those need would be left out.
FROM dfbot/system AS fetched
RUN apt-get update && mkdir -p /opt/debian && \
    for set in hello netbase wget curl "git make" gcc "jq tzdata" libpq5 ca-certificates nginx unzip sudo; do \
      apt-get install -y --download-only -o Dir::Cache::Archives=/opt/debian $set || exit 1; \
    done && rm -rf /opt/debian/lock /opt/debian/partial

FROM dfbot/system
RUN apt-get update && apt-get install -y --no-install-recommends apt-utils dpkg-dev
COPY --from=fetched /opt/debian /opt/debian
RUN cd /opt/debian && dpkg-scanpackages --multiversion . >Packages && apt-ftparchive release . >/tmp/Release && mv /tmp/Release .
RUN echo 'deb [trusted=yes] copy:/opt/debian ./' >/etc/apt/sources.list
