# The Go that runs the tests, with its modules from the proxy.
FROM dfbot/system
RUN apt-get update && apt-get install -y --no-install-recommends git  && rm -rf /var/lib/apt/lists/*
COPY --from=dfbot/packages /opt/debian /opt/debian
COPY --from=dfbot/packages /etc/apt/sources.list /etc/apt/sources.list
COPY --from=goroot / /usr/local/go
ENV GOPATH=/go GOTOOLCHAIN=local PATH=/go/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN mkdir -p /go/src /go/bin && chmod -R 1777 /go
WORKDIR /go
CMD ["bash"]
