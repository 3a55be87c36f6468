# Debian's Python and pip, with small wheels of the names that the cases install, and no index besides.
FROM dfbot/system
RUN apt-get update && apt-get install -y --no-install-recommends python3 python3-pip python3-venv && \
    rm -rf /var/lib/apt/lists/* /usr/lib/python3*/EXTERNALLY-MANAGED && \
    ln -s /usr/bin/python3 /usr/local/bin/python && ln -s /usr/bin/pip3 /usr/local/bin/pip
COPY --from=dfbot/packages /opt/debian /opt/debian
COPY --from=dfbot/packages /etc/apt/sources.list /etc/apt/sources.list
RUN python3 - <<'wheels'
import os, zipfile
os.makedirs("/opt/wheels")
for name, version in [("six", "1.16.0"), ("flask", "3.0.0"), ("requests", "2.32.3"), ("numpy", "2.1.0"),
                      ("django", "5.1"), ("gunicorn", "23.0.0"), ("click", "8.1.7"), ("uvicorn", "0.32.0"),
                      ("fastapi", "0.115.0"), ("pytest", "8.3.0"), ("wheel", "0.44.0"), ("poetry", "1.8.3"),
                      ("setuptools", "75.0.0"), ("pipenv", "2024.0.1"), ("idna", "3.10")]:
    if name in ("wheel", "setuptools"):
        continue
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(f"/opt/wheels/{name}-{version}-py3-none-any.whl", "w") as z:
        z.writestr(f"{name}/__init__.py", f"__version__ = '{version}'\n")
        z.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        z.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: dfbot\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        z.writestr(f"{info}/RECORD", "")
wheels
RUN printf '[global]\nno-index = true\nfind-links = /opt/wheels\n' >/etc/pip.conf
ENV PYTHON_VERSION=3.11.2
CMD ["python3"]
