from channels.connectors.base import Connector, Facts


class Zalo(Connector):
    kind = "zalo"
    facts = Facts(max_text=4096, max_images=10)
