FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PRODUCTION=true DATA_DIR=/data LOG_TO_FILE=false
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir --require-hashes -r requirements.txt \
    && useradd --system --create-home downloads \
    && install -d -o downloads /data
COPY manage.py ./
COPY config config
COPY downloads downloads
COPY storefront storefront
COPY templates templates
USER downloads
VOLUME /data
EXPOSE 8000
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz')"]
# Log lines go to standard output; the commands of `docker exec` keep theirs for what they print.
CMD ["sh", "-c", "exec 2>&1; python manage.py migrate --noinput && exec gunicorn -c python:config.gunicorn config.wsgi --bind 0.0.0.0:8000"]
