# Debian's packages that the cases install, with all that they need, as an archive on the disk: it answers at once, and
# in the same way each time.
FROM dfbot/system
RUN apt-get update && apt-get install -y --no-install-recommends dpkg-dev && mkdir -p /opt/debian && \
    for set in hello netbase wget curl "git make" gcc "jq tzdata" libpq5 ca-certificates nginx unzip sudo; do \
      apt-get install -y --download-only -o Dir::Cache::Archives=/opt/debian $set || exit 1; \
    done
RUN cd /opt/debian && rm -rf lock partial && dpkg-scanpackages --multiversion . >Packages && \
    apt-get install -y --no-install-recommends apt-utils && apt-ftparchive release . >/tmp/Release && mv /tmp/Release .
RUN echo 'deb [trusted=yes] copy:/opt/debian ./' >/etc/apt/sources.list
