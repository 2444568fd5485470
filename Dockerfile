# balltrack with its weights, for one video at a time:
#   docker build -t balltrack .
#   docker run --rm -v "$PWD:/data" balltrack track match.mp4 -o match.csv
# The torch of the package index computes on CUDA too (docker run --gpus all …, with
# --build-arg EXTRAS= for a smaller image without OpenVINO). For an image for CPUs alone, give
# the index of torch's CPU builds: --build-arg TORCH_INDEX=…
ARG PYTHON=3.12
FROM python:${PYTHON}-slim AS build
ARG EXTRAS=[openvino]
ARG TORCH_INDEX=
WORKDIR /source
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
COPY weights weights
RUN python -m venv /opt/balltrack \
    && /opt/balltrack/bin/pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} \
        -c constraints.txt ".${EXTRAS}"

FROM python:${PYTHON}-slim
# What OpenCV's wheel is linked against; Debian keeps these compatible within a release.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --no-install-recommends --yes libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 balltrack
COPY --from=build /opt/balltrack /opt/balltrack
ENV PATH=/opt/balltrack/bin:$PATH
USER 1000
WORKDIR /data
ENTRYPOINT ["balltrack"]
CMD ["--help"]
